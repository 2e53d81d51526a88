using System.Globalization;

namespace Holdfast.Load;

/// <summary>What the gateway must reach, as a decision over where its figure stands.</summary>
internal sealed record Bar(string Text, Func<Standing, bool> Holds)
{
    public static readonly Bar None = new("", _ => true);

    public static readonly Bar NoneOnBothSides = new("0 on both", figure => figure is { Gateway: 0, Floor: 0 });

    public static Bar AtMost(double limit) => new(Format($"≤ {limit}"), figure => figure.Gateway <= limit);

    public static Bar AtLeast(double limit) => new(Format($"≥ {limit}"), figure => figure.Gateway >= limit);

    public static Bar AtLeastTimesFloor(double factor) =>
        new(Format($"≥ {factor} × floor"), figure => figure.OverFloor.Median >= factor);

    public static Bar AtMostTimesFloor(double factor) =>
        new(Format($"≤ {factor} × floor"), figure => figure.OverFloor.Median <= factor);

    public static Bar AtMostAboveFloor(double difference) =>
        new(Format($"≤ floor + {difference}"), figure => figure.AboveFloor <= difference);

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
