using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Recipes.Tests.Infrastructure;
using SseKit;

namespace Recipes.Tests;

/// <summary>Streams beside a pool of five database connections.</summary>
public sealed class ScopedConnectionTests : RecipeTest
{
    private const int PoolSize = 5;

    [PostgreSqlFact]
    public async Task Open_streams_hold_no_connection()
    {
        KestrelApp app = await StartBankAsync();

        StreamClient[] clients = await Task.WhenAll(
            Enumerable.Range(0, 3 * PoolSize).Select(_ => StreamClient.OpenAsync(app.CreateClient(), "/accounts/1")));

        await PublisherOf(app).PublishAsync("account:1", "debit");
        foreach (StreamClient client in clients)
        {
            Assert.Equal("debit", (await client.NextAsync()).Data);
        }
    }

    [PostgreSqlFact]
    public async Task Unknown_account_gets_404_and_returns_its_connection()
    {
        KestrelApp app = await StartBankAsync();
        for (int i = 0; i < 2 * PoolSize; i++)
        {
            await using StreamClient unknown = await StreamClient.ConnectAsync(app.CreateClient(), "/accounts/3");
            Assert.Equal(HttpStatusCode.NotFound, unknown.Status);
        }

        await using StreamClient known = await StreamClient.OpenAsync(app.CreateClient(), "/accounts/2");
    }

    // What the recipe prevents. If this test fails, the recipe and its page are no longer needed.
    [PostgreSqlFact]
    public async Task Injected_connection_stays_open_as_long_as_its_stream()
    {
        Logs.ExpectError(record => record.Exception is not null && record.Category == "Microsoft.AspNetCore.Server.Kestrel");
        KestrelApp app = await StartBankAsync(app => app.MapSse("/held/{id}", async Task<IResult> (
            int id, Accounts accounts, CancellationToken ct) =>
            await accounts.ExistsAsync(id, ct) ? SseResults.Follow($"account:{id}") : Results.NotFound()));
        for (int i = 0; i < PoolSize; i++)
        {
            await StreamClient.OpenAsync(app.CreateClient(), "/held/1");
        }

        await using StreamClient sixth = await StreamClient.ConnectAsync(app.CreateClient(), "/held/1");

        Assert.Equal(HttpStatusCode.InternalServerError, sixth.Status);
    }

    private async Task<KestrelApp> StartBankAsync(Action<WebApplication>? endpoints = null)
    {
        string bank = $"{await PostgreSqlDatabase.CreateAsync()};Maximum Pool Size={PoolSize};Timeout=1";
        return await StartAsync(
            ScopedConnection.Recipe, builder => builder.Configuration["ConnectionStrings:Bank"] = bank, endpoints);
    }
}
