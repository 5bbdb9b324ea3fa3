using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.ClientTests.Infrastructure;
using SseKit.ClientTests.Infrastructure.Matrix;

namespace SseKit.ClientTests;

/// <summary>Clients of a topic whose first 60 connections break at seeded offsets, most of them inside an event.</summary>
public sealed class CutStreamTests : IAsyncLifetime, IAsyncDisposable
{
    private const int Cuts = 60;
    private const int Events = 800;
    private const int Seed = 20261126;

    // The headers and the first event of a connection have passed then, so that the cuts affect new events.
    private const int FirstEvents = 700;
    private const int MaxOffset = 2400;

    private readonly LogCapture _logs = new();
    private readonly List<CutAtOffset> _cuts = [];
    private readonly Random _random = new(Seed);
    private KestrelApp? _app;
    private CuttingProxy? _proxy;

    [NodeTheory]
    [InlineData("eventsource", SseFollowFormat.Full)]
    [InlineData("eventsource-client", SseFollowFormat.Full)]
    [InlineData("event-source-plus", SseFollowFormat.Full)]
    [InlineData("eventsource", SseFollowFormat.Ids)]
    [InlineData("eventsource-client", SseFollowFormat.Ids)]
    [InlineData("event-source-plus", SseFollowFormat.IdsFirst)]
    public async Task A_client_gets_each_event_once_despite_sixty_cuts(string client, SseFollowFormat format)
    {
        MatrixOutcome outcome = await ReadAsync(client, format);

        Assert.Null(outcome.Error);
        Assert.Equal(Cuts, _cuts.Count);
        Assert.Equal(Enumerable.Range(1, Events).Select(MessageOf), outcome.Messages);
    }

    // It stores an id at the end of its line, and an event at the blank line. No order of lines closes that gap of one byte.
    [NodeFact]
    public async Task FetchEventSource_loses_only_events_whose_blank_line_was_cut()
    {
        MatrixOutcome outcome = await ReadAsync("fetch-event-source", SseFollowFormat.Full);

        Assert.Null(outcome.Error);
        Assert.Equal(Cuts, _cuts.Count);
        int[] lost = [.. _cuts.Select(NumberWithoutBlankLine).OfType<int>()];
        Assert.NotEmpty(lost);
        Assert.Equal(Enumerable.Range(1, Events).Except(lost).Select(MessageOf), outcome.Messages);
    }

    public async Task InitializeAsync()
    {
        _app = await KestrelApp.StartAsync(
            _logs,
            static app => app.MapSse(
                "/{client}/{format}",
                static (SseFollowFormat format) =>
                    SseResults.Follow(["feed"], new SseFollowOptions { StartAt = SseReplayStart.Earliest, Format = format })),
            static builder => builder.Services.AddSse(static options => options.Retry = TimeSpan.FromMilliseconds(1)));
        ISsePublisher publisher = _app.Services.GetRequiredService<ISsePublisher>();
        for (int i = 1; i <= Events; i++)
        {
            await publisher.PublishAsync("feed", new { number = i, text = TextOf(i), last = i == Events });
        }

        await publisher.CompleteAsync("feed");
        _proxy = CuttingProxy.Start(_app.BaseAddress, NextCut);
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _proxy!.DisposeAsync();
        await _app!.DisposeAsync();
        _logs.AssertNoUnexpectedErrors();
    }

    // The texts have different lengths, and characters of several bytes.
    private static string TextOf(int number) => string.Concat(Enumerable.Repeat("é", number * 7 % 40));

    private static string MessageOf(int number) => $"message {number} {TextOf(number)}";

    private static int? NumberWithoutBlankLine(CutAtOffset cut) =>
        cut.DataWithoutBlankLine is { } data ? (int?)JsonNode.Parse(data)!["number"] : null;

    private async Task<MatrixOutcome> ReadAsync(string client, SseFollowFormat format)
    {
        ClientReport report = await NodeClients.RunAsync("matrix", _proxy!.Address, client, $"GET {format}");
        return MatrixOutcome.AllOf(report).Single().Value;
    }

    // One cut in ten is between an id's line and the blank line after it, which random offsets would seldom hit.
    private ICut NextCut()
    {
        if (_cuts.Count == Cuts)
        {
            return NoCut.Instance;
        }

        bool isBehindIdLine = _cuts.Count % 10 == 9;
        _cuts.Add(new CutAtOffset(_random.Next(isBehindIdLine ? FirstEvents : 0, MaxOffset), isBehindIdLine));
        return _cuts[^1];
    }
}
