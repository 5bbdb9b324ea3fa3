using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.OutputCaching;
using SseKit;

namespace Recipes.Pages;

// A base policy of an output cache would otherwise apply to the stream too.
[OutputCache(NoStore = true)]
public sealed class StockModel(ISsePublisher publisher) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public string Item { get; set; } = "";

    public string LastEventId { get; private set; } = "";

    // The page follows from here. Get the id before the page's data, so that no change is lost in between.
    public async Task OnGetAsync(CancellationToken ct) =>
        LastEventId = await publisher.GetLastEventIdAsync($"stock:{Item}", ct);

    public IActionResult OnGetEvents() => SseResults.Follow($"stock:{Item}");
}
