using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

/// <summary>The page of the sample that lists its endpoints.</summary>
public sealed class ProtocolsOverviewTests(ProtocolsApp app) : IClassFixture<ProtocolsApp>
{
    [Fact]
    public async Task The_page_lists_every_endpoint()
    {
        string page = await ReadAsync("text/html");

        string[] routes = [.. app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(static endpoint => endpoint.RoutePattern.RawText!).Where(static route => route != "/")];
        Assert.True(routes.Length > 15, $"{routes.Length} endpoints");
        Assert.All(routes, route => Assert.Contains($"{route}</code>", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_README_has_the_commands_of_the_page()
    {
        string commands = await ReadAsync("*/*");
        string folder = typeof(ProtocolsOverviewTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(static item => item.Key == "Protocols").Value!;

        string readme = await File.ReadAllTextAsync(Path.Combine(folder, "README.md"));

        Assert.Contains(
            "```\n" + commands.Replace(app.Address.ToString().TrimEnd('/'), "http://localhost:5082", StringComparison.Ordinal) + "```",
            readme.ReplaceLineEndings("\n"),
            StringComparison.Ordinal);
    }

    [CurlFact]
    public async Task Every_command_that_asks_gets_a_stream()
    {
        string[] commands = (await ReadAsync("*/*")).Replace("\\\n", "", StringComparison.Ordinal)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] questions = [.. commands.Where(static command => command.Contains("--json", StringComparison.Ordinal))];
        Assert.Equal(9, questions.Length);

        foreach (string command in questions)
        {
            using Process shell = Process.Start(
                new ProcessStartInfo("/bin/sh", ["-c", $"{command} --silent --noproxy '*'"]) { RedirectStandardOutput = true })!;
            string output = await shell.StandardOutput.ReadToEndAsync().OrTimeout();
            await shell.WaitForExitAsync().OrTimeout();
            Assert.Equal(0, shell.ExitCode);
            Assert.Contains("data: {", output, StringComparison.Ordinal);
        }
    }

    private async Task<string> ReadAsync(string accept)
    {
        using HttpClient client = app.CreateHttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Accept", accept } } };
        using HttpResponseMessage response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }
}
