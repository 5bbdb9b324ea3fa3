using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using SseKit.Endpoints.Actions;
using SseKit.Endpoints.Mapping;
using SseKit.Endpoints.Serving;

namespace SseKit;

[EventWriterBinding]
public sealed partial class SseEventWriter : IBindableFromHttpContext<SseEventWriter>, IEndpointParameterMetadataProvider
{
    static ValueTask<SseEventWriter?> IBindableFromHttpContext<SseEventWriter>.BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult<SseEventWriter?>(HttpEventStream.Of(context).Events);

    static void IEndpointParameterMetadataProvider.PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        StreamEndpoint.Apply(builder);
        if (parameter.Member is MethodInfo handler && HandlerShape.ReturnsNothing(handler))
        {
            StreamEndpoint.Describe(builder, HandlerShape.ForWriter());
        }
    }
}
