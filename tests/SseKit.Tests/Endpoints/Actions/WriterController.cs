using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using SseKit.Tests.Replay;

namespace SseKit.Tests.Endpoints.Actions;

[ApiController]
[Route("writer-actions")]
public sealed class WriterController(ReplayFeed feed) : ControllerBase
{
    [HttpGet("feed")]
    public async Task Get(SseEventWriter events, CancellationToken cancellationToken)
    {
        await foreach (string item in feed.RunAsync(cancellationToken))
        {
            await events.WriteAsync(item, cancellationToken);
        }
    }

    [HttpPost("prompt")]
    public async Task Post(Prompt prompt, SseEventWriter events) => await events.WriteAsync(prompt.Text, "answer");

    [HttpGet("nothing")]
    public void Nothing(SseEventWriter events) => _ = events;

    [HttpGet("checked/{id}")]
    public async Task<IActionResult> Checked(int id, SseEventWriter events)
    {
        if (id == 0)
        {
            return NotFound();
        }

        await events.WriteAsync("found");
        return new EmptyResult();
    }

    public sealed record Prompt(string Text);
}

public sealed class ConventionalController : Controller
{
    public async Task Feed(SseEventWriter events) => await events.WriteAsync("1");
}

[ApiController]
[Route("follow-actions")]
public sealed class ResultController : ControllerBase
{
    [HttpGet("described/{topic}")]
    public SseFollowResult Described(string topic) => SseResults.Follow(topic);

    [HttpGet("interface")]
    public IActionResult Interface() => SseResults.Follow("t");

    [HttpGet("class")]
    public ActionResult Class(bool missing) => missing ? NotFound() : SseResults.Follow("t");

    [HttpGet("value")]
    public async Task<ActionResult<int>> Value()
    {
        await Task.Yield();
        return SseResults.Follow("t");
    }

    [HttpGet("result")]
    public IResult Result() => SseResults.Follow("t");
}
