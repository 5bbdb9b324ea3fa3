using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.Tests.Infrastructure;

/// <summary>
/// The measurements of one meter of one application. Other applications in the process have meters of the same name.
/// </summary>
public sealed class MeterReadings : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<MeterReading> _readings = [];
    private readonly List<(Func<MeterReading, bool> Matches, TaskCompletionSource<MeterReading> Seen)> _waiters = [];
    private readonly Dictionary<string, Instrument> _instruments = [];
    private readonly MeterListener _listener = new();

    public MeterReadings(IServiceProvider services, string meter)
    {
        IMeterFactory factory = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == meter && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                _instruments[instrument.Name] = instrument;
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    public IReadOnlyDictionary<string, Instrument> Instruments => _instruments;

    /// <summary>Reads the observable instruments, and returns the current values of one.</summary>
    public IReadOnlyList<MeterReading> Observe(string instrument)
    {
        lock (_gate)
        {
            _readings.RemoveAll(reading => _instruments[reading.Instrument].IsObservable);
        }

        _listener.RecordObservableInstruments();
        return Of(instrument);
    }

    public IReadOnlyList<MeterReading> Of(string instrument)
    {
        lock (_gate)
        {
            return [.. _readings.Where(reading => reading.Instrument == instrument)];
        }
    }

    public double Sum(string instrument) => Of(instrument).Sum(reading => reading.Value);

    /// <summary>Waits for the first reading that matches.</summary>
    public Task<MeterReading> WaitForAsync(string instrument, Func<MeterReading, bool> matches)
    {
        lock (_gate)
        {
            if (_readings.Find(Matches) is { } reading)
            {
                return Task.FromResult(reading);
            }

            var seen = new TaskCompletionSource<MeterReading>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((Matches, seen));
            return seen.Task.OrTimeout();
        }

        bool Matches(MeterReading reading) => reading.Instrument == instrument && matches(reading);
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var reading = new MeterReading(instrument.Name, value, new Dictionary<string, object?>(tags.ToArray()));
        lock (_gate)
        {
            _readings.Add(reading);
            foreach (var (_, seen) in _waiters.Where(waiter => waiter.Matches(reading)))
            {
                seen.TrySetResult(reading);
            }

            _waiters.RemoveAll(waiter => waiter.Seen.Task.IsCompleted);
        }
    }
}
