using Microsoft.Extensions.DependencyInjection;

namespace SseKit;

/// <summary>Returned by <c>AddSse</c>: adds parts of SseKit to the services.</summary>
public interface ISseBuilder
{
    /// <summary>The services of the app.</summary>
    IServiceCollection Services { get; }
}
