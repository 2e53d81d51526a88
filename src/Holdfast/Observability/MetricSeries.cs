namespace Holdfast.Observability;

/// <summary>One metric with one set of labels: a sum or a last value, and the buckets of a histogram. Never
/// blocks.</summary>
/// <param name="labels">The labels as they are printed, without braces.</param>
/// <param name="buckets">How many buckets a histogram has, the unbounded one included; else 0.</param>
internal sealed class MetricSeries(string labels, int buckets)
{
    private readonly long[] _counts = new long[buckets];
    private double _value;

    public string Labels => labels;

    public double Value => Volatile.Read(ref _value);

    public long CountIn(int bucket) => Volatile.Read(ref _counts[bucket]);

    public void Set(double value) => Volatile.Write(ref _value, value);

    public void Add(double value)
    {
        // Sums stay exact up to 2^53, which is all the bytes of a very busy century.
        var seen = Volatile.Read(ref _value);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _value, seen + value, seen);
            if (before.Equals(seen))
            {
                return;
            }

            seen = before;
        }
    }

    public void Observe(double value, double[] boundaries)
    {
        // A boundary belongs to the bucket below it: the format's buckets are "less or equal".
        var bucket = Array.BinarySearch(boundaries, value);
        Interlocked.Increment(ref _counts[bucket >= 0 ? bucket : ~bucket]);
        Add(value);
    }
}
