using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ModelService.TestSupport;

/// <summary>
/// The values of one server's up-down counters, counted from when this object is made. A server has a meter factory of
/// its own.
/// </summary>
public sealed class Gauges : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<string, long> sums = [];

    /// <summary>Begins to count.</summary>
    public Gauges(IMeterFactory meters)
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument is UpDownCounter<int> or UpDownCounter<long> && instrument.Meter.Scope == meters)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((instrument, change, _, _) => Add(instrument, change));
        listener.SetMeasurementEventCallback<long>((instrument, change, _, _) => Add(instrument, change));
        listener.Start();
    }

    /// <summary>A counter's sum over all labels; null when nothing was counted.</summary>
    public long? this[string name] => sums.TryGetValue(name, out var sum) ? sum : null;

    /// <inheritdoc/>
    public void Dispose() => listener.Dispose();

    private void Add(Instrument instrument, long change) =>
        sums.AddOrUpdate(instrument.Name, change, (_, sum) => sum + change);
}
