using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SseKit.Tests.Infrastructure;

public sealed class ServerTestTests
{
    [Fact]
    public async Task An_unexpected_error_in_the_log_fails_the_test()
    {
        var test = new FailingEndpoint();
        await test.RunAsync();

        Exception? exception = await Record.ExceptionAsync(test.DisposeAsync);

        Assert.NotNull(exception);
        Assert.Contains("the endpoint's own fault", exception.Message);
    }

    [Fact]
    public async Task An_expected_error_does_not_fail_the_test()
    {
        var test = new FailingEndpoint();
        await test.RunAsync();
        test.ExpectTheError();

        Exception? exception = await Record.ExceptionAsync(test.DisposeAsync);

        Assert.Null(exception);
    }

    [Fact]
    public async Task Disposing_stops_an_application_whose_response_is_still_open()
    {
        var test = new FailingEndpoint();
        await test.RunAsync();
        test.ExpectTheError();
        await test.OpenAsync();

        Task disposing = test.DisposeAsync();

        await disposing.OrTimeout();
    }

    private sealed class FailingEndpoint : ServerTest
    {
        private KestrelApp? _app;

        public async Task RunAsync()
        {
            _app = await StartAsync(app =>
            {
                app.MapGet("/fail", string () => throw new InvalidOperationException("the endpoint's own fault"));
                app.MapGet("/open", async context =>
                {
                    await context.Response.WriteAsync("open");
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                });
            });
            using HttpResponseMessage response = await _app.CreateClient().GetAsync("/fail");
            await Logs.WaitForAsync(record => record.Level == LogLevel.Error);
        }

        public async Task OpenAsync()
        {
            RawConnection connection = await _app!.ConnectAsync();
            await connection.GetAsync("/open");
            await connection.ReadUntilAsync("open");
        }

        public void ExpectTheError() => Logs.ExpectError(record => record.Exception is InvalidOperationException);
    }
}
