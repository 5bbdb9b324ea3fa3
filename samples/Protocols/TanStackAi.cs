using SseKit;

namespace Protocols;

/// <summary>
/// TanStack AI, <c>POST /api/tanstack</c>: the events of AG-UI, each with an id before its data. A client whose connection broke sends its
/// request again, with <c>Last-Event-ID</c>. <c>GET ?offset=-1&amp;runId=…</c> joins a run from its beginning, and
/// <c>POST /api/tanstack/{run}/stop</c> stops it.
/// </summary>
internal static class TanStackAi
{
    private const string Path = "/api/tanstack";

    public static void MapTanStackAi(this IEndpointRouteBuilder app)
    {
        app.MapSse(Path, ["POST"], AgUi.AnswerAsync)
            .WithSseFailureEvent(AgUi.Failure, endsStream: true)
            .WithSseReplay(FindTopic, Configure)
            .WithCurl(
                Path,
                """{"threadId":"t","runId":"run-2","messages":[{"role":"user","content":"Hello"}]}""",
                "-N -H 'X-Run-Id: run-2'");
        app.MapSseRun(Path, FindTopic, Configure).WithSseFailureEvent(AgUi.Failure, endsStream: true)
            .WithCurl(Path + "?offset=-1&runId=run-2");
        app.MapRunStop(Path + "/{run}/stop", "tanstack", new { type = "RUN_FINISHED" });
    }

    private static string? FindTopic(HttpContext context)
    {
        string? joined = context.Request.Query["runId"];
        return RunTopic.Of("tanstack", joined ?? context.Request.Headers["X-Run-Id"]);
    }

    private static void Configure(SseReplayOptions options)
    {
        options.Format = SseFollowFormat.IdsFirst;
        options.RequestedStart = SseStartParameter.Beginning("offset");
    }
}
