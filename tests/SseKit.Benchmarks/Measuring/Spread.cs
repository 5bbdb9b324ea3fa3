namespace SseKit.Benchmarks.Measuring;

/// <summary>The median of several measurements, with the smallest and the largest.</summary>
internal readonly record struct Spread(double Median, double Min, double Max)
{
    public static Spread Of(IEnumerable<double> measured)
    {
        double[] sorted = [.. measured.Order()];
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }

    /// <summary>
    /// The ratio of two values measured in the same rounds. Each round has its own ratio, so that a slow phase of the machine affects both
    /// sides.
    /// </summary>
    public static Spread Ratio(IEnumerable<double> measured, IEnumerable<double> reference) =>
        Of(measured.Zip(reference, static (one, other) => one / other));

    public string ToString(string format) => $"{Median.ToString(format)} ({Min.ToString(format)} to {Max.ToString(format)})";
}
