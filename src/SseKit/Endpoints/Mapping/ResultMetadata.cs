using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;

namespace SseKit.Endpoints.Mapping;

/// <summary>Lets a result describe itself to OpenAPI, as the framework does for handlers that it binds itself.</summary>
internal static class ResultMetadata
{
    [UnconditionalSuppressMessage("Trimming", "IL2060", Justification = "The type argument has no annotated requirements; it is a type of the app's own call.")]
    public static void Populate<TResult>(MethodInfo handler, EndpointBuilder builder)
    {
        // Native AOT cannot make the call, and an app of that kind writes its OpenAPI document at build time.
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
