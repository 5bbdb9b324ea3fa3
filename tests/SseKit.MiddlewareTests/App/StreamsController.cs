using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OutputCaching;

namespace SseKit.MiddlewareTests.App;

/// <summary>The streams of the app that come from MVC.</summary>
public sealed class StreamsController : ControllerBase
{
    [HttpGet("/framework-mvc"), OutputCache(NoStore = true)]
    public IResult Framework() => Streams.Framework(HttpContext);

    [HttpGet("/follow-mvc")]
    public SseFollowResult Follow() => Streams.Follow(HttpContext, "follow-mvc");

    [HttpGet("/loop-mvc"), OutputCache(NoStore = true)]
    public Task LoopAsync() => Streams.LoopAsync(HttpContext);
}
