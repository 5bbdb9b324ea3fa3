using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.Razor.Hosting;
using SseKit.Tests.Endpoints.Actions;

// What the Razor compiler makes of a page, without its build.
[assembly: RazorCompiledItem(typeof(FeedPage), "mvc.1.0.razor-page", "/Pages/Feed.cshtml")]

namespace SseKit.Tests.Endpoints.Actions;

public sealed class FeedPage : Page
{
    public ViewDataDictionary<FeedModel> ViewData => (ViewDataDictionary<FeedModel>)PageContext.ViewData;

    public FeedModel Model => ViewData.Model;

    public override Task ExecuteAsync()
    {
        WriteLiteral("The page.");
        return Task.CompletedTask;
    }
}

public sealed class FeedModel : PageModel
{
    public void OnGet()
    {
    }

    public SseFollowResult OnGetFollow() => SseResults.Follow("t");

    public IActionResult OnGetFollowLater(bool missing) => missing ? NotFound() : SseResults.Follow("t");

    public void OnGetWrite(SseEventWriter events) => _ = events;

    // A resumable page streams as it does without SseKit.
    public async Task<IActionResult> OnGetNumbersAsync()
    {
        await TypedResults.ServerSentEvents(new[] { "1", "2" }.ToAsyncEnumerable()).ExecuteAsync(HttpContext);
        return new EmptyResult();
    }
}
