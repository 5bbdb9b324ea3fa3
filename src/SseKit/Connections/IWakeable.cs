namespace SseKit.Connections;

/// <summary>Something that waits for a change or for the end of a stream.</summary>
internal interface IWakeable
{
    /// <summary>Ends the wait. Never waits itself, and may be called without a reason.</summary>
    void Wake();
}
