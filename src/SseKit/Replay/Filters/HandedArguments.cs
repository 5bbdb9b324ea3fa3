using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace SseKit.Replay.Filters;

/// <summary>Decides which arguments a run takes from the client's request, because filters have replaced or changed them.</summary>
/// <remarks>
/// A run binds its own arguments. Those that belong to a request (its context, token, writer and services) are always the run's.
/// </remarks>
internal sealed class HandedArguments
{
    private static readonly Type[] OfRequest =
        [typeof(HttpContext), typeof(HttpRequest), typeof(HttpResponse), typeof(CancellationToken), typeof(SseEventWriter)];

    private readonly ParameterInfo[] _parameters;

    // A filter may also have changed the body's object. The run's binding would create another object without the change.
    private readonly Type? _bodyType;
    private readonly ControllerActionDescriptor? _action;

    public HandedArguments(MethodInfo handler, EndpointBuilder builder)
    {
        _parameters = handler.GetParameters();
        _action = builder.Metadata.OfType<ControllerActionDescriptor>().FirstOrDefault();
        _bodyType = builder.Metadata.OfType<IAcceptsMetadata>()
            .FirstOrDefault(
                accepts => accepts.ContentTypes.Any(type => type.EndsWith("json", StringComparison.OrdinalIgnoreCase)))?.RequestType;
    }

    /// <summary>Returns the values for the run by the index of their parameter.</summary>
    /// <param name="bound">The arguments before the first filter; null if there was no filter.</param>
    /// <param name="arguments">The arguments after the last filter.</param>
    public Dictionary<int, object?> Of(object?[]? bound, IList<object?> arguments)
    {
        Dictionary<int, object?> handed = [];
        for (int i = 0; bound is not null && i < bound.Length && i < _parameters.Length; i++)
        {
            object? value = arguments[i];
            Type type = _parameters[i].ParameterType;
            if (Array.IndexOf(OfRequest, type) < 0 && (IsReplaced(bound[i], value) || type == _bodyType || IsOfAction(i)))
            {
                handed.Add(i, value);
            }
        }

        return handed;
    }

    // MVC binds before the first filter of the endpoint, so its action filters have replaced arguments by then. Forms and services belong
    // to the request.
    private bool IsOfAction(int index) => _action?.Parameters[index] is { } parameter
        && (parameter.BindingInfo?.BindingSource is { } source
            ? source == BindingSource.Body || source == BindingSource.Path || source == BindingSource.Query
                || source == BindingSource.Header
            : parameter.ParameterType.IsValueType || parameter.ParameterType == typeof(string));

    // Each read boxes value types again.
    private static bool IsReplaced(object? bound, object? value) =>
        !ReferenceEquals(bound, value) && !(value is ValueType && value.Equals(bound));
}
