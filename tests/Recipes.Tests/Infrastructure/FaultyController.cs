using Microsoft.AspNetCore.Mvc;
using SseKit;

namespace Recipes.Tests.Infrastructure;

/// <summary>A controller whose stream fails after its first event.</summary>
[ApiController]
[Route("faulty")]
public sealed class FaultyController : ControllerBase
{
    [HttpGet]
    public async Task FailAsync(SseEventWriter events, CancellationToken ct)
    {
        await events.WriteAsync("before", ct);
        throw new FormatException("The action has failed.");
    }
}
