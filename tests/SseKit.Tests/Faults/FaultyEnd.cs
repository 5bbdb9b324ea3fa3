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
        Fault.None => new FaultyEnd(IsClean: true, FaultyCase.Events, FaultyCase.Events),
        Fault.FilterBefore or Fault.OnStarting or Fault.LimitKey => Refused,

        // A result, and what a handler yields, is executed behind the filters. A handler that writes has written its stream when it returns.
        Fault.FilterAfter when stream.Kind is "values" or "items" or "follow" or "framework" => Refused,
        Fault.FilterAfter => new FaultyEnd(IsClean: false, 0, FaultyCase.Events) { IsLogged = true },
        Fault.Complete => new FaultyEnd(IsClean: true, stream.At, stream.At),
        Fault.Cancel => new FaultyEnd(IsClean: true, 0, stream.At),
        Fault.Abort => new FaultyEnd(IsClean: false, 0, stream.At),
        Fault.TokenCallback => new FaultyEnd(IsClean: null, stream.At, stream.At) { LeavesAfter = stream.At, IsLogged = true },

        // What came before a failure has a moment to arrive, and no more.
        _ => new FaultyEnd(IsClean: false, 0, stream.At) { IsLogged = true },
    };

    private static FaultyEnd Refused => new(IsClean: null, 0, 0) { IsRefused = true };
}
