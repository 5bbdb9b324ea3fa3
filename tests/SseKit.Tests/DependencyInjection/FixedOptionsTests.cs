using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.DependencyInjection;

/// <summary>Options are validated at the start of the app, and are fixed from then on.</summary>
public sealed class FixedOptionsTests : ServerTest
{
    public static TheoryData<string, Action<SseOptions, SseItem<string>>> FixedEvents => new()
    {
        { "Terminator", (options, item) => options.Terminator = item },
        { "HeartbeatEvent", (options, item) => options.HeartbeatEvent = item },
    };

    [Fact]
    public async Task An_option_that_is_set_after_the_start_is_ignored()
    {
        string text = new('x', 2000);
        KestrelApp app = await StartAsync(
            app => app.MapSse("/", (events, cancellationToken) => events.WriteAsync(text, cancellationToken).AsTask()),
            builder => builder.Services.AddSse());
        SseOptions options = app.Services.GetRequiredService<IOptions<SseOptions>>().Value;

        options.MaxEventSize = 1;
        options.HeartbeatInterval = TimeSpan.Zero;
        string body = await app.CreateClient().GetStringAsync("/").OrTimeout();

        Assert.Equal($"data: {text}\n\n", body.AfterPreamble());
    }

    [Theory]
    [MemberData(nameof(FixedEvents))]
    public void A_fixed_event_over_the_event_size_is_invalid(string option, Action<SseOptions, SseItem<string>> set)
    {
        using ServiceProvider provider = new ServiceCollection().AddSse(options =>
        {
            options.MaxEventSize = 1024;
            set(options, new SseItem<string>(new string('x', 1025)));
        }).Services.BuildServiceProvider();

        var exception = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<SseOptions>>().Value);

        Assert.StartsWith($"SseOptions.{option}: ", Assert.Single(exception.Failures), StringComparison.Ordinal);
    }
}
