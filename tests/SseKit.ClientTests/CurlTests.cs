using System.Diagnostics;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class CurlTests(ProtocolsApp app) : IClassFixture<ProtocolsApp>
{
    // "Transfer closed with outstanding data remaining", and "failure in receiving network data".
    private static readonly int[] Broken = [18, 56];

    public static TheoryData<string> Endpoints => AiEndpoint.Names();

    [CurlTheory]
    [MemberData(nameof(Endpoints))]
    public async Task A_complete_answer_has_heartbeats_and_a_clean_end(string endpoint)
    {
        (string output, int exitCode) = await AskAsync(endpoint, "/silent");

        Assert.Equal(0, exitCode);
        Assert.Contains("\n\n" + HeartbeatOf(endpoint), output, StringComparison.Ordinal);
        Assert.Equal(2, output.Split(AiEndpoint.Named(endpoint).LastEvent).Length);

        // A run ends after its last event, and a heartbeat may come between.
        Assert.Matches(@"\n\n(:\n)*\z", output);
        Assert.DoesNotContain("\nid:", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', output);
    }

    [CurlTheory]
    [MemberData(nameof(Endpoints))]
    public async Task A_failed_answer_has_one_error_and_no_complete_end(string endpoint)
    {
        (string output, int exitCode) = await AskAsync(endpoint, "/fail");

        // This is one event: OpenAI's responses contain the reason twice.
        string[] events = output.Split("\n\n");
        Assert.Single(events, each => each.Contains("The model is overloaded.", StringComparison.Ordinal));
        Assert.Single(events, each => each.Contains(" short", StringComparison.Ordinal));
        if (endpoint is "ai sdk" or "ag-ui")
        {
            Assert.Equal(0, exitCode);
        }
        else
        {
            Assert.DoesNotContain(AiEndpoint.Named(endpoint).LastEvent, output, StringComparison.Ordinal);
            Assert.Contains(exitCode, Broken);
        }
    }

    [CurlTheory]
    [MemberData(nameof(Endpoints))]
    public async Task A_cut_answer_is_incomplete_for_curl(string endpoint)
    {
        CuttingProxy proxy = app.CutAfter(" stays");

        (string output, int exitCode) = await AskAsync(endpoint, "hello", proxy.Address);

        Assert.DoesNotContain(AiEndpoint.Named(endpoint).LastEvent, output, StringComparison.Ordinal);
        Assert.Contains(exitCode, Broken);
    }

    private async Task<(string Output, int ExitCode)> AskAsync(string endpoint, string prompt, Uri? address = null)
    {
        AiEndpoint asked = AiEndpoint.Named(endpoint);
        string[] arguments =
        [
            "--no-buffer", "--silent", "--globoff", "--noproxy", "*", "--json", asked.BodyWith(prompt),
            new Uri(address ?? app.Address, asked.Path).ToString(),
        ];
        using Process curl = Process.Start(
            new ProcessStartInfo(InstalledProgram.PathOf("curl"), arguments) { RedirectStandardOutput = true })!;
        string output = await curl.StandardOutput.ReadToEndAsync().OrTimeout();
        await curl.WaitForExitAsync().OrTimeout();
        return (output, curl.ExitCode);
    }

    private static string HeartbeatOf(string endpoint) => endpoint switch
    {
        "anthropic" => "event: ping\ndata: {\"type\":\"ping\"}\n\nevent: ",
        "gemini" => "data: {\"candidates\":[]}\n\ndata: ",
        _ => ":\n",
    };
}
