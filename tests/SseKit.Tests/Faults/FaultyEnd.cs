namespace SseKit.Tests.Faults;

/// <summary>What a client gets of a stream with a fault.</summary>
/// <param name="IsClean">Whether the response ends as if it were complete; null if either is right.</param>
/// <param name="AtLeast">The fewest events that arrive.</param>
/// <param name="AtMost">The most events that arrive.</param>
public sealed record FaultyEnd(bool? IsClean, int AtLeast, int AtMost)
{
    /// <summary>Whether the answer is the framework's own 500, because nothing of the stream was sent.</summary>
    public bool IsRefused { get; private init; }

    /// <summary>Whether SseKit logs the failure, once and with the endpoint. The server logs one of a stream that was not opened.</summary>
    public bool IsLogged { get; private init; }

    /// <summary>After how many events the client leaves; null if it reads to the end.</summary>
    public int? LeavesAfter { get; private init; }

    public static FaultyEnd Of(FaultyCase stream) => stream.Fault switch
    {
        Fault.None or Fault.OnCompleted or Fault.PublishToken or Fault.StoreBefore or Fault.StoreAfter => Whole,
        Fault.FilterBefore or Fault.OnStarting or Fault.LimitKey or Fault.Topic => Refused,

        // A result, what a handler yields, and what follows a run is executed behind the filters. A handler that writes has written its
        // stream when it returns.
        Fault.FilterAfter when stream.Kind is "values" or "items" or "follow" or "several" or "framework" or "union" or "replay" => Refused,
        Fault.FilterAfter => new FaultyEnd(IsClean: false, 0, FaultyCase.Events) { IsLogged = true },
        Fault.Complete or Fault.WriterCompleteAsync => new FaultyEnd(IsClean: true, stream.At, stream.At),

        // Nothing waits for the completion, so events may still come before it.
        Fault.WriterComplete => new FaultyEnd(IsClean: true, stream.At, FaultyCase.Events),

        // To a client of POST a clean end says that all is there.
        Fault.Cancel => new FaultyEnd(IsClean: stream.Kind != "post", 0, stream.At),
        Fault.Finally => new FaultyEnd(IsClean: false, 0, FaultyCase.Events) { IsLogged = true },
        Fault.Leave => new FaultyEnd(IsClean: null, stream.At, stream.At) { LeavesAfter = stream.At },

        // Events of the topic whose filter does not throw may come first.
        Fault.Predicate when stream.Kind == "several" => new FaultyEnd(IsClean: false, 0, FaultyCase.Events - 1) { IsLogged = true },
        Fault.Abort or Fault.Reset => new FaultyEnd(IsClean: false, 0, stream.At),
        Fault.TokenCallback => new FaultyEnd(IsClean: null, stream.At, stream.At) { LeavesAfter = stream.At, IsLogged = true },

        // What came before a failure has a moment to arrive, and no more.
        _ => new FaultyEnd(IsClean: false, 0, stream.At) { IsLogged = true },
    };

    private static FaultyEnd Whole => new(IsClean: true, FaultyCase.Events, FaultyCase.Events);

    private static FaultyEnd Refused => new(IsClean: null, 0, 0) { IsRefused = true };
}
