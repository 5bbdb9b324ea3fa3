namespace SseKit.Tests.Faults;

/// <summary>A fault of other code around a stream.</summary>
public enum Fault
{
    None,

    /// <summary>The handler, the iterator or the loop throws between two events.</summary>
    Handler,

    /// <summary>A converter throws in the middle of an event's JSON.</summary>
    Converter,

    /// <summary>The filter of event types throws.</summary>
    Predicate,

    /// <summary>The handler throws, and so does the function that creates the failure event.</summary>
    FailureEvent,

    /// <summary>A callback of the stream's token throws when the client disconnects.</summary>
    TokenCallback,

    /// <summary>The response is completed between two events.</summary>
    Complete,

    /// <summary>The request is aborted between two events.</summary>
    Abort,

    /// <summary>A token that replaces the request's own fires between two events.</summary>
    Cancel,

    /// <summary>An endpoint filter throws before the handler.</summary>
    FilterBefore,

    /// <summary>An endpoint filter throws after the handler.</summary>
    FilterAfter,

    /// <summary>An OnStarting callback throws.</summary>
    OnStarting,

    /// <summary>The key of the endpoint's limit throws.</summary>
    LimitKey,

    /// <summary>An OnCompleted callback throws.</summary>
    OnCompleted,

    /// <summary>The iterator's finally block throws.</summary>
    Finally,

    /// <summary>The body's pipe writer is completed between two events, without a wait.</summary>
    WriterComplete,

    /// <summary>The body's pipe writer is completed between two events.</summary>
    WriterCompleteAsync,

    /// <summary>The request is reset between two events; on HTTP/1.1, which has no reset, it is aborted.</summary>
    Reset,

    /// <summary>The client disconnects.</summary>
    Leave,

    /// <summary>The function that names the topic throws.</summary>
    Topic,

    /// <summary>The tokens of publishes fire, and each publish is repeated with its key.</summary>
    PublishToken,

    /// <summary>A store around the store throws before an append and a read.</summary>
    StoreBefore,

    /// <summary>A store around the store throws when an append and a read are done.</summary>
    StoreAfter,
}
