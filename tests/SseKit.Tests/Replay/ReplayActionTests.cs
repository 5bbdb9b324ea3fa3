using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>MVC's filters run for each client; the action runs once.</summary>
public sealed class ReplayActionTests : ReplayTest
{
    [Theory]
    [InlineData("authorize", HttpStatusCode.Unauthorized)]
    [InlineData("authorization-filter", HttpStatusCode.Forbidden)]
    [InlineData("resource-filter", HttpStatusCode.Forbidden)]
    [InlineData("action-filter", HttpStatusCode.Forbidden)]
    [InlineData("no-result", HttpStatusCode.Forbidden)]
    public async Task Filters_refuse_each_client_while_the_run_continues(string action, HttpStatusCode refusal)
    {
        await StartReplayAppAsync(
            endpoints: app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
            },
            services: builder =>
            {
                builder.Services.AddAuthentication("query").AddScheme<AuthenticationSchemeOptions, QueryAuthentication>("query", null);
                builder.Services.AddAuthorization();
            });
        string path = $"/guarded-actions/{action}/7";
        StreamClient alice = await StreamClient.OpenAsync(Client, path + "?user=alice");
        Feed.Write("1");
        Assert.Equal(["before 70", "1"], await alice.TakeAsync(2));

        StreamClient mallory = await StreamClient.ConnectAsync(Client, path + "?user=");
        StreamClient again = await StreamClient.OpenAsync(Client, path + "?user=alice", alice.LastEventId);
        Feed.End();

        Assert.Equal(refusal, mallory.Status);
        Assert.Empty(await again.ReadToEndAsync());
        Assert.Empty(await alice.ReadToEndAsync());
        Assert.Equal(1, Feed.Runs);
    }

    [Theory]
    [InlineData("inherited")]
    [InlineData("synchronous")]
    [InlineData("asynchronous")]
    public async Task The_controller_of_a_run_is_prepared_by_its_filter_methods(string controller)
    {
        await StartReplayAppAsync();

        StreamClient client = await StreamClient.OpenAsync(Client, $"/prepared-{controller}/7");

        Assert.Equal(["prepared for 70"], await client.ReadToEndAsync());
    }

    private sealed class QueryAuthentication(
        IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            string? user = Request.Query["user"];
            return Task.FromResult(string.IsNullOrEmpty(user)
                ? AuthenticateResult.NoResult()
                : AuthenticateResult.Success(
                    new AuthenticationTicket(
                        new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, user)], "query")), "query")));
        }
    }
}

[Route("guarded-actions")]
public sealed class GuardedController(ReplayFeed feed) : ControllerBase
{
    [Authorize]
    [TimesTen]
    [HttpGet("authorize/{number}")]
    public IResult Authorized(int number) => Stream(number);

    [Guard(Stage.Authorization)]
    [TimesTen]
    [HttpGet("authorization-filter/{number}")]
    public IResult AuthorizationFilter(int number) => Stream(number);

    [Guard(Stage.Resource)]
    [TimesTen]
    [HttpGet("resource-filter/{number}")]
    public async Task<IResult> ResourceFilter(int number)
    {
        await Task.Yield();
        return Stream(number);
    }

    [TimesTen]
    [Guard(Stage.Action)]
    [HttpGet("action-filter/{number}")]
    public IResult ActionFilter(int number) => Stream(number);

    [TimesTen]
    [Guard(Stage.Action)]
    [HttpGet("no-result/{number}")]
    public async Task NoResult(int number) => await Stream(number).ExecuteAsync(HttpContext);

    private ServerSentEventsResult<string> Stream(int number) => TypedResults.ServerSentEvents(Events(number));

    private async IAsyncEnumerable<string> Events(int number)
    {
        yield return $"before {number}";
        await foreach (string item in feed.RunAsync(HttpContext.RequestAborted))
        {
            yield return item;
        }
    }
}

public enum Stage
{
    Authorization,
    Resource,
    Action,
}

/// <summary>Refuses requests without a user, at one stage.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GuardAttribute(Stage stage) : Attribute, IAuthorizationFilter, IResourceFilter, IActionFilter
{
    public Stage Stage => stage;

    public void OnAuthorization(AuthorizationFilterContext context) =>
        context.Result = Refusal(Stage.Authorization, context) ?? context.Result;

    public void OnResourceExecuting(ResourceExecutingContext context) =>
        context.Result = Refusal(Stage.Resource, context) ?? context.Result;

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }

    public void OnActionExecuting(ActionExecutingContext context) => context.Result = Refusal(Stage.Action, context) ?? context.Result;

    public void OnActionExecuted(ActionExecutedContext context)
    {
    }

    private StatusCodeResult? Refusal(Stage now, FilterContext context) =>
        now == stage && string.IsNullOrEmpty(context.HttpContext.Request.Query["user"])
            ? new StatusCodeResult(StatusCodes.Status403Forbidden)
            : null;
}

/// <summary>Replaces an argument of the action.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TimesTenAttribute : ActionFilterAttribute
{
    public override void OnActionExecuting(ActionExecutingContext context) =>
        context.ActionArguments["number"] = (int)context.ActionArguments["number"]! * 10;
}

/// <summary>Changes an argument, which must not happen again for the run.</summary>
[Route("prepared-inherited")]
public sealed class InheritedFilterController : Controller
{
    private string _state = "not prepared";

    [HttpGet("{number}")]
    public IResult Get(int number) => PreparedStream.Of(() => $"{_state} for {number}");

    public override void OnActionExecuting(ActionExecutingContext context)
    {
        PreparedStream.TimesTen(context);
        _state = "prepared";
    }
}

[Route("prepared-synchronous")]
public sealed class SynchronousFilterController : ControllerBase, IActionFilter
{
    private string _state = "not prepared";

    [HttpGet("{number}")]
    public IResult Get(int number) => PreparedStream.Of(() => $"{_state} for {number}");

    [NonAction]
    public void OnActionExecuting(ActionExecutingContext context)
    {
        PreparedStream.TimesTen(context);
        _state = "prepared";
    }

    [NonAction]
    public void OnActionExecuted(ActionExecutedContext context)
    {
    }
}

[Route("prepared-asynchronous")]
public sealed class AsynchronousFilterController : ControllerBase, IAsyncActionFilter
{
    private string _state = "not prepared";

    [HttpGet("{number}")]
    public async Task Get(int number, SseEventWriter events) => await events.WriteAsync($"{_state} for {number}");

    [NonAction]
    public async Task OnActionExecutionAsync(ActionExecutingContext context, ActionExecutionDelegate next)
    {
        PreparedStream.TimesTen(context);
        _state = "prepared";
        await next();
    }
}

internal static class PreparedStream
{
    public static ServerSentEventsResult<string> Of(Func<string> state) => TypedResults.ServerSentEvents(StreamAsync(state));

    public static void TimesTen(ActionExecutingContext context) =>
        context.ActionArguments["number"] = (int)context.ActionArguments["number"]! * 10;

    private static async IAsyncEnumerable<string> StreamAsync(Func<string> state)
    {
        await Task.Yield();
        yield return state();
    }
}
