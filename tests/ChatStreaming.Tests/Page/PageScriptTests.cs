using System.Diagnostics;
using System.Reflection;
using ChatStreaming.Tests.Infrastructure;

namespace ChatStreaming.Tests.Page;

/// <summary>Runs the tests of the page's scripts, the *.test.mjs beside this file, in Node.</summary>
public sealed class PageScriptTests
{
    [NodeFact]
    public async Task The_scripts_of_the_page_pass_their_own_tests()
    {
        string folder = typeof(PageScriptTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(
            static item => item.Key == "PageTests").Value!;
        var start = new ProcessStartInfo(Tool.Node.Path, ["--test", "--test-reporter=tap", .. Directory.GetFiles(folder, "*.test.mjs")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        using Process node = Process.Start(start)!;
        Task<string> output = node.StandardOutput.ReadToEndAsync();
        Task<string> errors = node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));

        Assert.True(node.ExitCode == 0, $"{await output}\n{await errors}");
        Assert.Contains("# fail 0", await output);
    }
}
