using System.Diagnostics;

namespace SseKit.BrowserTests.Firefox;

/// <summary>
/// The Firefox of this machine with its own profile and one page. It is not automated: the page's script does everything.
/// </summary>
internal sealed class FirefoxProcess : IDisposable
{
    public const string Program = "firefox-esr";

    /// <summary>How long a test waits for its page: the first start takes a minute on a busy machine.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    // Only the page: no first-run pages, updates or services, which would request other addresses.
    private const string Preferences = """
        user_pref("app.normandy.enabled", false);
        user_pref("app.update.enabled", false);
        user_pref("browser.aboutwelcome.enabled", false);
        user_pref("browser.safebrowsing.update.enabled", false);
        user_pref("browser.shell.checkDefaultBrowser", false);
        user_pref("datareporting.policy.dataSubmissionEnabled", false);
        user_pref("extensions.update.enabled", false);
        user_pref("network.captive-portal-service.enabled", false);
        user_pref("network.connectivity-service.enabled", false);
        user_pref("services.settings.server", "data:,");
        user_pref("toolkit.telemetry.enabled", false);
        user_pref("trailhead.firstrun.didSeeAboutWelcome", true);
        """;

    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("ssekit-firefox-");
    private readonly Process _process;

    public FirefoxProcess(Uri page)
    {
        File.WriteAllText(Path.Combine(_profile.FullName, "user.js"), Preferences);
        string[] arguments = ["--headless", "--no-remote", "--profile", _profile.FullName, page.ToString()];
        _process = Process.Start(new ProcessStartInfo(InstalledProgram.PathOf(Program), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        DeleteProfile();
    }

    // Its processes are killed, and one that has not ended yet may write a last file.
    private void DeleteProfile()
    {
        long start = TimeProvider.System.GetTimestamp();
        while (_profile.Exists)
        {
            try
            {
                _profile.Delete(recursive: true);
            }
            catch (IOException) when (TimeProvider.System.GetElapsedTime(start) < TestTimeout.Limit)
            {
                Thread.Sleep(10);
            }

            _profile.Refresh();
        }
    }
}
