using Microsoft.Extensions.DependencyInjection;

namespace SseKit;

/// <summary>What <c>AddSse</c> returns: the place where parts of SseKit are added to the services.</summary>
public interface ISseBuilder
{
    /// <summary>The services of the app.</summary>
    IServiceCollection Services { get; }
}
