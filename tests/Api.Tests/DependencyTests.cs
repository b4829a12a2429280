using System.Reflection;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Registry;

namespace ModelService.Api.Tests;

/// <summary>Arrows between the projects go one way: Api, Models, Imaging.</summary>
public sealed class DependencyTests
{
    [Fact]
    public void Api_References_ModelsAndImaging() =>
        Assert.Equal(["ModelService.Imaging", "ModelService.Models"], Ours(typeof(LimitsOptions).Assembly));

    [Fact]
    public void Models_References_ImagingOnly() =>
        Assert.Equal(["ModelService.Imaging"], Ours(typeof(ModelCatalog).Assembly));

    [Fact]
    public void Imaging_References_NoneOfThemAndNoTensors()
    {
        var imaging = typeof(Preprocessor).Assembly;

        Assert.Empty(Ours(imaging));
        Assert.DoesNotContain(
            imaging.GetReferencedAssemblies(),
            name => name.Name!.Contains("Torch", StringComparison.Ordinal)
        );
        Assert.Contains(typeof(ModelCatalog).Assembly.GetReferencedAssemblies(), name => name.Name == "TorchSharp");
    }

    private static IEnumerable<string> Ours(Assembly assembly) =>
        assembly
            .GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => name.StartsWith("ModelService.", StringComparison.Ordinal))
            .Order();
}
