using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace SseKit.DependencyInjection;

/// <summary>Takes options from the configuration section <c>SseKit</c>. Code that configures them comes later and wins.</summary>
internal sealed class SseConfigurationOptions(IConfiguration? configuration) : IConfigureOptions<SseOptions>
{
    public const string SectionName = "SseKit";

    public void Configure(SseOptions options)
    {
        var section = new SseOptionsSection();
        configuration?.GetSection(SectionName).Bind(section);
        section.ApplyTo(options);
    }
}
