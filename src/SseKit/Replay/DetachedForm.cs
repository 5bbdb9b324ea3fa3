using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SseKit.Replay;

/// <summary>
/// Copies a form that other code has read from the request, such as an antiforgery middleware: the body is then consumed, and the files
/// end with the request.
/// </summary>
internal static class DetachedForm
{
    /// <summary>Returns the copy; null if no form was read from the request.</summary>
    public static async Task<IFormFeature?> CopyAsync(HttpContext original, CancellationToken cancellationToken)
    {
        if (original.Features.Get<IFormFeature>()?.Form is not { } form)
        {
            return null;
        }

        var files = new FormFileCollection();
        foreach (IFormFile file in form.Files)
        {
            // The request's form options bound the files (I8).
            var content = new MemoryStream();
            await file.CopyToAsync(content, cancellationToken);
            files.Add(new FormFile(content, 0, content.Length, file.Name, file.FileName) { Headers = file.Headers });
        }

        return new FormFeature(new FormCollection(form.ToDictionary(StringComparer.OrdinalIgnoreCase), files));
    }
}
