using Microsoft.Extensions.DependencyInjection;

namespace SseKit.DependencyInjection;

internal sealed class StreamBuilder(IServiceCollection services) : ISseBuilder
{
    public IServiceCollection Services { get; } = services;
}
