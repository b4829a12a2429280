using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>Keeps some layers in float32 whatever the plan's precision, since they are slower in it.</summary>
internal static class KeepInFloat32
{
    /// <summary>Applies the pass.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="layers">The keys of the layers.</param>
    public static Plan Apply(Plan plan, IReadOnlyCollection<string> layers) =>
        plan with
        {
            Operators =
            [
                .. plan.Operators.Select(item =>
                    item is WeightedOperator weighted && layers.Contains(item.Key)
                        ? weighted with
                        {
                            IsFloat32 = true,
                        }
                        : item
                ),
            ],
        };
}
