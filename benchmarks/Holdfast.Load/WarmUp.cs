namespace Holdfast.Load;

/// <summary>Runs a load on every side in turn until none becomes cheaper any more: a runtime compiles what is hot anew, and
/// the simulator and this program warm up too.</summary>
internal static class WarmUp
{
    private const double Steady = 0.05;
    private const int Least = 2;
    private const int Most = 8;

    /// <param name="bed">Knows the sides.</param>
    /// <param name="measure">The measure's name, to tell how long it took.</param>
    /// <param name="cost">Runs the load and gives the processor time of one exchange.</param>
    public static async Task UntilSteadyAsync(TestBed bed, string measure, Func<Side, Task<double>> cost)
    {
        var before = bed.Settings.Sides.ToDictionary(side => side, _ => double.PositiveInfinity);
        for (var pass = 1; pass <= (bed.Settings.Quick ? 1 : Most); pass++)
        {
            var isSteady = true;
            foreach (var side in bed.Settings.Sides)
            {
                var now = await cost(side);
                isSteady &= now > before[side] * (1 - Steady);
                before[side] = now;
            }

            if (isSteady && pass >= Least)
            {
                Console.WriteLine($"{measure,-8} steady after {pass} passes");
                return;
            }
        }

        Console.WriteLine($"{measure,-8} did not become steady: what is measured may still be warming up");
    }
}
