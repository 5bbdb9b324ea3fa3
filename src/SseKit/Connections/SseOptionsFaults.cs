using Microsoft.Extensions.Options;

namespace SseKit.Connections;

/// <summary>Turns faulty options into the exception that the framework's own options use.</summary>
internal static class SseOptionsFaults
{
    public static void ThrowIfAny(SseOptions options)
    {
        ValidateOptionsResult result = new SseOptionsValidator().Validate(Options.DefaultName, options);
        if (result.Failed)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(SseOptions), result.Failures);
        }
    }
}
