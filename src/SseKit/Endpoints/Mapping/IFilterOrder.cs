using Microsoft.AspNetCore.Builder;

namespace SseKit.Endpoints.Mapping;

/// <summary>Keeps, as metadata of an endpoint, the order of its filters when others are added later.</summary>
internal interface IFilterOrder
{
    /// <summary>Restores the order. Called after each convention that SseKit observes.</summary>
    void Restore(EndpointBuilder builder);
}
