using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace SseKit.Tests.Faults;

[Route(FaultyApp.Prefix + "mvc")]
public sealed class FaultyController : ControllerBase
{
    [HttpGet]
    public IResult Get() => TypedResults.ServerSentEvents(FaultyApp.Items(HttpContext, HttpContext.RequestAborted));
}
