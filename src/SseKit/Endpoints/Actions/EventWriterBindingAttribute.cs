using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace SseKit.Endpoints.Actions;

/// <summary>Binds parameters of a type in MVC actions and Razor Page handlers, which would otherwise read them from the body.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class EventWriterBindingAttribute : Attribute, IBinderTypeProviderMetadata
{
    public Type BinderType => typeof(EventWriterBinder);

    // Nothing of the request, so that API descriptions omit it.
    public BindingSource BindingSource => BindingSource.Special;
}
