using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Localization;

namespace SseKit.Replay;

/// <summary>Decides which features of a request its run gets.</summary>
/// <remarks>
/// A feature of the server or of the framework's middleware ends with its request, unless it is listed here. A run also gets the features
/// of the app and of libraries.
/// </remarks>
internal static class DetachedFeatures
{
    // Their values do not change after the middleware that set them, and they reference nothing of the server.
    private static readonly Type[] Lasting =
    [
        typeof(IRequestCultureFeature), typeof(ISessionFeature), typeof(IAntiforgeryValidationFeature), typeof(IAuthenticateResultFeature),
    ];

    private static readonly string[] OfFramework = ["Microsoft.AspNetCore.", "Microsoft.Extensions.", "System."];

    public static void Copy(IFeatureCollection original, IFeatureCollection run)
    {
        foreach ((Type type, object feature) in original)
        {
            if (Array.IndexOf(Lasting, type) >= 0 || !IsOfFramework(type))
            {
                run[type] = feature;
            }
        }
    }

    // SseKit's own features are those of the client's stream.
    private static bool IsOfFramework(Type type) =>
        type.Assembly == typeof(DetachedFeatures).Assembly
        || Array.Exists(OfFramework, prefix => type.FullName?.StartsWith(prefix, StringComparison.Ordinal) == true);
}
