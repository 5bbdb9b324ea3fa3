using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;
using SseKit.Endpoints.Serving;

namespace SseKit.Endpoints.Actions;

/// <summary>Binds the writer of an action, whose endpoint the metadata of the parameter has made a stream.</summary>
/// <remarks>MVC reads that metadata for actions, and not for the handlers of Razor Pages.</remarks>
internal sealed class EventWriterBinder : IModelBinder
{
    public Task BindModelAsync(ModelBindingContext bindingContext)
    {
        HttpEventStream stream = HttpEventStream.Find(bindingContext.HttpContext) ?? throw new InvalidOperationException(
            $"{nameof(SseEventWriter)} does not bind in Razor Pages or to properties. Map the stream with MapSse, or declare the writer "
            + "as a parameter of a controller's action. A handler of a page can return SseResults.Follow(topic).");
        bindingContext.ValidationState.Add(stream.Events, new ValidationStateEntry { SuppressValidation = true });
        bindingContext.Result = ModelBindingResult.Success(stream.Events);
        return Task.CompletedTask;
    }
}
