namespace SseKit.Tests.Faults;

/// <summary>The part of a stream with a fault that a client receives.</summary>
/// <param name="IsClean">Whether the response ends as if it were complete; null if both are allowed.</param>
/// <param name="AtLeast">The fewest events that arrive.</param>
/// <param name="AtMost">The most events that arrive.</param>
public sealed record FaultyEnd(bool? IsClean, int AtLeast, int AtMost)
{
    /// <summary>Whether the response is the framework's 500, because nothing of the stream was sent.</summary>
    public bool IsRefused { get; private init; }

    /// <summary>
    /// Whether SseKit logs the failure, once and with the endpoint. The server logs the failure of a stream that was not opened.
    /// </summary>
    public bool IsLogged { get; private init; }

    /// <summary>The number of events after which the client disconnects; null if it reads to the end.</summary>
    public int? LeavesAfter { get; private init; }

    public static FaultyEnd Of(FaultyCase stream) => stream.Fault switch
    {
        Fault.None or Fault.OnCompleted or Fault.PublishToken or Fault.StoreBefore or Fault.StoreAfter => Whole,
        Fault.FilterBefore or Fault.OnStarting or Fault.LimitKey or Fault.Topic => Refused,

        // A result, a handler's values and the following of a run are executed after the filters. A handler that writes has written its
        // stream when it returns.
        Fault.FilterAfter when stream.Kind is "values" or "items" or "follow" or "several" or "framework" or "union" or "replay" => Refused,
        Fault.FilterAfter => new FaultyEnd(IsClean: false, 0, FaultyCase.Events) { IsLogged = true },
        Fault.Complete or Fault.WriterCompleteAsync => new FaultyEnd(IsClean: true, stream.At, stream.At),

        // No code waits for the completion, so events may still come before it.
        Fault.WriterComplete => new FaultyEnd(IsClean: true, stream.At, FaultyCase.Events),

        // For a client of POST a clean end means a complete answer.
        Fault.Cancel => new FaultyEnd(IsClean: stream.Kind != "post", 0, stream.At),
        Fault.Finally => new FaultyEnd(IsClean: false, 0, FaultyCase.Events) { IsLogged = true },
        Fault.Leave => new FaultyEnd(IsClean: null, stream.At, stream.At) { LeavesAfter = stream.At },

        // Events of the topic whose filter does not throw may come first.
        Fault.Predicate when stream.Kind == "several" => new FaultyEnd(IsClean: false, 0, FaultyCase.Events - 1) { IsLogged = true },
        Fault.Abort or Fault.Reset => new FaultyEnd(IsClean: false, 0, stream.At),
        Fault.TokenCallback => new FaultyEnd(IsClean: null, stream.At, stream.At) { LeavesAfter = stream.At, IsLogged = true },

        // Events before a failure have only a short time to arrive.
        _ => new FaultyEnd(IsClean: false, 0, stream.At) { IsLogged = true },
    };

    private static FaultyEnd Whole => new(IsClean: true, FaultyCase.Events, FaultyCase.Events);

    private static FaultyEnd Refused => new(IsClean: null, 0, 0) { IsRefused = true };
}
