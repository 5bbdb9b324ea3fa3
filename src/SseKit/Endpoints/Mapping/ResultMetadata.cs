using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;

namespace SseKit.Endpoints.Mapping;

/// <summary>Adds the OpenAPI metadata of a result, as the framework does for handlers that it binds.</summary>
internal static class ResultMetadata
{
    [UnconditionalSuppressMessage(
        "Trimming", "IL2060", Justification = "The type argument has no annotated requirements; it is a type of the app's own call.")]
    public static void Populate<TResult>(MethodInfo handler, EndpointBuilder builder)
    {
        // Native AOT does not support the call, and a Native AOT app writes its OpenAPI document at build time.
        if (RuntimeFeature.IsDynamicCodeSupported && typeof(IEndpointMetadataProvider).IsAssignableFrom(typeof(TResult)))
        {
            typeof(ResultMetadata).GetMethod(nameof(PopulateFrom), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(typeof(TResult))
                .Invoke(null, [handler, builder]);
        }
    }

    private static void PopulateFrom<TResult>(MethodInfo handler, EndpointBuilder builder)
        where TResult : IEndpointMetadataProvider => TResult.PopulateMetadata(handler, builder);
}
