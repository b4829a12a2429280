namespace ModelService.Api.Tests.Support;

/// <summary>Definitions of small models, as JSON.</summary>
internal static class Networks
{
    /// <summary>One layer over pictures of 3x32x32, 4 classes.</summary>
    public const string TinyArchitecture = """
        {"input":{"channels":3,"height":32,"width":32},
          "layers":[{"type":"flatten"},{"type":"linear","out_features":4}]}
        """;

    /// <summary>The shape of the small networks' input.</summary>
    public static readonly long[] Shape = [3, 32, 32];

    /// <summary>A model of one layer; <paramref name="more"/> holds further properties.</summary>
    public static string Tiny(string name, string more = "\"seed\":1") => Model(name, TinyArchitecture, more);

    /// <summary>A model of the lesson's network: two convolutions, 10 classes, random weights.</summary>
    public static string Lesson(string name) =>
        Model(name, Fixtures.Json("weights", "lesson", "architecture.json").GetRawText());

    /// <summary>
    /// A model of 4 classes that takes some milliseconds for each input of 3x32x32, so that other requests have to
    /// wait.
    /// </summary>
    public static string Slow(string name) =>
        Model(
            name,
            """
            {"input":{"channels":3,"height":32,"width":32},
              "layers":[{"type":"conv2d","out_channels":64,"kernel_size":7,"padding":3},
              {"type":"conv2d","out_channels":64,"kernel_size":7,"padding":3},{"type":"flatten"},
              {"type":"linear","out_features":4}]}
            """
        );

    /// <summary>A model of a network.</summary>
    public static string Model(string name, string architecture, string more = "\"seed\":1") =>
        $$"""{"name":"{{name}}","architecture":{{architecture}},{{more}}}""";

    /// <summary>An input of the small networks, each number its own.</summary>
    public static float[] Input(int seed = 0)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 3 * 32 * 32).Select(_ => random.NextSingle())];
    }

    /// <summary>An input of the small networks as a request.</summary>
    public static string InputJson(int seed = 0) => Bodies.Tensors(Shape, Input(seed));
}
