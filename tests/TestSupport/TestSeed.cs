using System.Globalization;
using Xunit;

namespace ModelService.TestSupport;

/// <summary>
/// The seed of all that tests draw at random. It is the same in every run, so that a build that fails fails again. The
/// environment variable <c>RANDOM_SEED</c> varies it: a number, or <c>random</c> for another one in each run.
/// </summary>
public static class TestSeed
{
    private const string Variable = "RANDOM_SEED";
    private const int Usual = 20_000;
    private const int Most = 1 << 30; // so that streams can be added

    private static readonly int Seed = Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" => Usual,
        "random" => Random.Shared.Next(Most),
        var text => int.Parse(text, CultureInfo.InvariantCulture),
    };

    /// <summary>The run's seed. The test's output, which is shown when the test fails, says how to repeat it.</summary>
    public static int Get()
    {
        var context = TestContext.Current;
        if (context.KeyValueStorage.TryAdd($"{Variable} {context.Test?.UniqueID}", Seed))
            context.TestOutputHelper?.WriteLine($"{Variable}={Seed} draws the same again.");
        return Seed;
    }

    /// <summary>A generator of its own for each stream, such as a client's number.</summary>
    /// <param name="stream">Which of them; not negative.</param>
    public static Random Generator(int stream = 0) => new(Get() + stream);
}
