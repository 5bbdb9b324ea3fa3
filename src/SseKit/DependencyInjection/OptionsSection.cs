using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace SseKit.DependencyInjection;

/// <summary>
/// The options that configuration can contain, because a text can express them. An absent value leaves the option unchanged.
/// </summary>
internal sealed class OptionsSection
{
    public TimeSpan? HeartbeatInterval { get; set; }

    public bool? FailureEventEndsStream { get; set; }

    public TimeSpan? Retry { get; set; }

    public TimeSpan? WriteTimeout { get; set; }

    public TimeSpan? MaxConnectionLifetime { get; set; }

    public bool? CloseOnAuthenticationExpiration { get; set; }

    public bool? StoreTraces { get; set; }

    public TimeSpan? RevalidateInterval { get; set; }

    public int? MaxConnections { get; set; }

    public int? MaxRuns { get; set; }

    public TimeSpan? OverloadRetry { get; set; }

    public TimeSpan? ShutdownRetry { get; set; }

    public TimeSpan? DrainTimeout { get; set; }

    public SseShutdownEnd? ShutdownEnd { get; set; }

    public int? MaxEventSize { get; set; }

    public SseGapPolicy? GapPolicy { get; set; }

    public void ApplyTo(SseOptions options)
    {
        options.HeartbeatInterval = HeartbeatInterval ?? options.HeartbeatInterval;
        options.FailureEventEndsStream = FailureEventEndsStream ?? options.FailureEventEndsStream;
        options.Retry = Retry ?? options.Retry;
        options.WriteTimeout = WriteTimeout ?? options.WriteTimeout;
        options.MaxConnectionLifetime = MaxConnectionLifetime ?? options.MaxConnectionLifetime;
        options.CloseOnAuthenticationExpiration = CloseOnAuthenticationExpiration ?? options.CloseOnAuthenticationExpiration;
        options.StoreTraces = StoreTraces ?? options.StoreTraces;
        options.RevalidateInterval = RevalidateInterval ?? options.RevalidateInterval;
        options.MaxConnections = MaxConnections ?? options.MaxConnections;
        options.MaxRuns = MaxRuns ?? options.MaxRuns;
        options.OverloadRetry = OverloadRetry ?? options.OverloadRetry;
        options.ShutdownRetry = ShutdownRetry ?? options.ShutdownRetry;
        options.DrainTimeout = DrainTimeout ?? options.DrainTimeout;
        options.ShutdownEnd = ShutdownEnd ?? options.ShutdownEnd;
        options.MaxEventSize = MaxEventSize ?? options.MaxEventSize;
        options.GapPolicy = GapPolicy ?? options.GapPolicy;
    }
}

/// <summary>
/// Reads options from the configuration section <c>SseKit</c>. Code that configures them runs later and takes precedence.
/// </summary>
internal sealed class ConfigurationOptions(IConfiguration? configuration) : IConfigureOptions<SseOptions>
{
    public const string SectionName = "SseKit";

    public void Configure(SseOptions options)
    {
        var section = new OptionsSection();
        configuration?.GetSection(SectionName).Bind(section);
        section.ApplyTo(options);
    }
}
