using Microsoft.Extensions.DependencyInjection;

namespace SseKit.DependencyInjection;

internal sealed class SseBuilder(IServiceCollection services) : ISseBuilder
{
    public IServiceCollection Services { get; } = services;
}
