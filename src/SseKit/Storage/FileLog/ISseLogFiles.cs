namespace SseKit.Storage.FileLog;

/// <summary>The directory of a log. An interface, because disks that fail cannot be had on demand.</summary>
internal interface ISseLogFiles
{
    /// <summary>The directory, for messages.</summary>
    string Path { get; }

    /// <summary>The machine's run: what a killed process wrote without flushing is there as long as it is the same.</summary>
    Guid Boot { get; }

    /// <summary>Makes the directory where there is none, and keeps other processes out until the result is disposed.</summary>
    IDisposable Lock();

    IReadOnlyList<string> List();

    /// <summary>Makes a file that is not there yet.</summary>
    ISseLogFile Create(string name);

    ISseLogFile Open(string name);

    /// <summary>Gives a file a name, in place of the one that has it.</summary>
    void Rename(string from, string to);

    void Delete(string name);

    /// <summary>Makes what was created, renamed and deleted last. A file whose name is lost is lost with all its bytes.</summary>
    void Flush();
}
