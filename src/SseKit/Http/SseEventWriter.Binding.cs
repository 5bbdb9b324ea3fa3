using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using SseKit.Http;

namespace SseKit;

public sealed partial class SseEventWriter : IBindableFromHttpContext<SseEventWriter>, IEndpointParameterMetadataProvider
{
    static ValueTask<SseEventWriter?> IBindableFromHttpContext<SseEventWriter>.BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult<SseEventWriter?>(SseHttpStream.Of(context).Events);

    static void IEndpointParameterMetadataProvider.PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        SseEndpoint.Apply(builder);
        if (parameter.Member is MethodInfo handler && SseHandlerShape.ReturnsNothing(handler))
        {
            SseEndpoint.Describe(builder, SseHandlerShape.ForWriter());
        }
    }
}
