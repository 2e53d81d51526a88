using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Holdfast.Observability;

/// <summary>The meter's numbers in Prometheus' text format 0.0.4, as <c>GET /metrics</c> answers them. Owns the
/// listener that adds them up, which takes no lock on the way; rendering reads them as they are.</summary>
internal sealed class PrometheusText : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly MeterListener _listener = new();
    private readonly List<MetricFamily> _families = [];
    private readonly Lock _publishing = new();

    public PrometheusText(GatewayMetrics metrics)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // By identity, not by name: other gateways in the process (tests) have meters of their own.
            if (ReferenceEquals(instrument.Meter, metrics.Meter))
            {
                var family = new MetricFamily(instrument);
                lock (_publishing)
                {
                    _families.Add(family);
                }

                listener.EnableMeasurementEvents(instrument, family);
            }
        };
        _listener.SetMeasurementEventCallback<long>(
            static (_, value, tags, family) => ((MetricFamily)family!).Add(value, tags));
        _listener.SetMeasurementEventCallback<double>(
            static (_, value, tags, family) => ((MetricFamily)family!).Add(value, tags));
        _listener.Start();
    }

    public string Render()
    {
        _listener.RecordObservableInstruments();
        List<MetricFamily> families;
        lock (_publishing)
        {
            families = [.. _families.OrderBy(family => family.Name, StringComparer.Ordinal)];
        }

        var text = new StringBuilder(16 * 1024);
        foreach (var family in families)
        {
            text.Append("# HELP ").Append(family.Name).Append(' ').Append(EscapeHelp(family.Help)).Append('\n');
            text.Append("# TYPE ").Append(family.Name).Append(' ').Append(family.Type).Append('\n');
            foreach (var series in family.Series())
            {
                WriteSeries(text, family, series);
            }
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static void WriteSeries(StringBuilder text, MetricFamily family, MetricSeries series)
    {
        if (family.Boundaries is null)
        {
            WriteSample(text, family.Name, "", series.Labels, null, Format(series.Value));
            return;
        }

        // The count is the sum of the buckets, so that the three always fit together, whatever is added meanwhile.
        long count = 0;
        for (var bucket = 0; bucket <= family.Boundaries.Length; bucket++)
        {
            count += series.CountIn(bucket);
            var bound = bucket < family.Boundaries.Length ? Format(family.Boundaries[bucket]) : "+Inf";
            WriteSample(text, family.Name, "_bucket", series.Labels, bound, Format(count));
        }

        WriteSample(text, family.Name, "_sum", series.Labels, null, Format(series.Value));
        WriteSample(text, family.Name, "_count", series.Labels, null, Format(count));
    }

    private static void WriteSample(
        StringBuilder text, string name, string suffix, string labels, string? bound, string value)
    {
        text.Append(name).Append(suffix);
        if (labels.Length > 0 || bound is not null)
        {
            text.Append('{').Append(labels);
            if (bound is not null)
            {
                text.Append(labels.Length > 0 ? "," : "").Append("le=\"").Append(bound).Append('"');
            }

            text.Append('}');
        }

        text.Append(' ').Append(value).Append('\n');
    }

    private static string Format(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string EscapeHelp(string text) => text.Replace("\\", @"\\").Replace("\n", @"\n");
}
