namespace SseKit.ClientTests.Infrastructure;

/// <summary>The scripts whose client resumes an answer by itself if its connection breaks.</summary>
public sealed class ResumingClients : TheoryData<string>
{
    public ResumingClients() => AddRange("workflow", "tanstack", "langgraph");
}
