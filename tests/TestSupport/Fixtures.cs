using System.Text.Json;

namespace ModelService.TestSupport;

/// <summary>
/// The files of <c>tests/Fixtures</c>, which the build copies beside the tests. Their README says what each is for.
/// </summary>
public static class Fixtures
{
    /// <summary>The full path of a fixture.</summary>
    /// <param name="parts">Folders and file below <c>tests/Fixtures</c>, such as <c>"photos", "rocket.jpg"</c>.</param>
    public static string Path(params string[] parts) =>
        System.IO.Path.Combine([AppContext.BaseDirectory, "Fixtures", .. parts]);

    /// <summary>A fixture's bytes.</summary>
    /// <param name="parts">Folders and file below <c>tests/Fixtures</c>.</param>
    public static byte[] Bytes(params string[] parts) => File.ReadAllBytes(Path(parts));

    /// <summary>A JSON fixture's root element; it stays valid for good.</summary>
    /// <param name="parts">Folders and file below <c>tests/Fixtures</c>.</param>
    public static JsonElement Json(params string[] parts) => JsonElement.Parse(Bytes(parts));
}
