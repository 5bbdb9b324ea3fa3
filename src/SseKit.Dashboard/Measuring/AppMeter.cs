using System.Diagnostics.Metrics;

namespace SseKit.Dashboard.Measuring;

/// <summary>Finds the instruments of one app: other apps of the process have meters of the same name.</summary>
/// <param name="factory">The app's factory of meters, which is the scope of its meters; null if it has none.</param>
internal sealed class AppMeter(IMeterFactory? factory)
{
    private const string Name = "SseKit";

    /// <summary>Creates a listener of some instruments, also of those that are created later.</summary>
    /// <param name="states">The state for the callback of each instrument, by its name.</param>
    public MeterListener CreateListener(IReadOnlyDictionary<string, object> states) => new()
    {
        InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Name
                && ReferenceEquals(instrument.Meter.Scope, factory)
                && states.TryGetValue(instrument.Name, out object? state))
            {
                listener.EnableMeasurementEvents(instrument, state);
            }
        },
    };
}
