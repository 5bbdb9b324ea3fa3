using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.FanOut;

/// <summary>nginx with nchan, one worker. Each event is a request to nginx, which the next one waits for.</summary>
internal sealed class NchanPeer : PeerServer
{
    // Where Debian's packages put them.
    private const string Nginx = "/usr/sbin/nginx";
    private const string DefaultModule = "/usr/lib/nginx/modules/ngx_nchan_module.so";

    private readonly HttpClient _publisher = new();
    private readonly Uri _address;
    private readonly string _folder;
    private readonly Process _process;
    private Process? _worker;

    private NchanPeer(int port, string folder, Process process)
        : base("nchan", port)
    {
        _address = new Uri($"http://127.0.0.1:{port}/publish");
        _folder = folder;
        _process = process;
    }

    public override bool TakesBursts => false;

    /// <summary>Starts nginx. The variable NCHAN_MODULE names the file of the module if it is not Debian's.</summary>
    /// <returns>Null, with a message on the console, if nginx or nchan is not installed.</returns>
    public static NchanPeer? Start()
    {
        string module = Environment.GetEnvironmentVariable("NCHAN_MODULE") ?? DefaultModule;
        if (!File.Exists(Nginx) || !File.Exists(module))
        {
            Console.WriteLine("nginx with nchan is not installed; it is not measured.\n");
            return null;
        }

        int port = FindPort();
        string folder = Directory.CreateTempSubdirectory("nchan-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "logs"));
        File.WriteAllText(Path.Combine(folder, "nginx.conf"), Configuration(module, port));
        return new NchanPeer(port, folder, Process.Start(Nginx, ["-p", folder, "-c", "nginx.conf"]));
    }

    public override async Task PublishAsync(string data)
    {
        using var content = new StringContent(data);
        using HttpResponseMessage response = await _publisher.PostAsync(_address, content);
        response.EnsureSuccessStatusCode();
    }

    public override ProcessUse Use()
    {
        _worker ??= FindWorker();
        _worker.Refresh();
        return new ProcessUse(_worker.TotalProcessorTime, 0);
    }

    public override void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _worker?.Dispose();
        _publisher.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // nginx has started its worker before it serves the first client.
    private Process FindWorker()
    {
        string children = File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children");
        return Process.GetProcessById(int.Parse(children.Split(' ', StringSplitOptions.RemoveEmptyEntries).Single()));
    }

    private static int FindPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Configuration(string module, int port) => $$"""
        load_module {{module}};
        daemon off;
        worker_processes 1;
        {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
        pid nginx.pid;
        error_log stderr;
        events { worker_connections 16384; }
        http {
            access_log off;
            keepalive_requests 1000000;
            server {
                listen 127.0.0.1:{{port}};
                location = / {
                    nchan_subscriber eventsource;
                    nchan_subscriber_first_message newest;
                    nchan_channel_id topic;
                }
                location = /publish {
                    nchan_publisher http;
                    nchan_channel_id topic;
                    nchan_message_buffer_length 4096;
                }
            }
        }
        """;
}
