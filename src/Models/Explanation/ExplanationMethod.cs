namespace ModelService.Models.Explanation;

/// <summary>How a score is explained.</summary>
public enum ExplanationMethod
{
    /// <summary>Grad-CAM (Selvaraju 2017): channels weighted by their mean gradient.</summary>
    GradCam,

    /// <summary>HiResCAM (Draelos 2020): activations times gradients, place by place.</summary>
    HiresCam,

    /// <summary>LayerCAM (Jiang 2021): activations times positive gradients, place by place.</summary>
    LayerCam,

    /// <summary>Grad-CAM++ (Chattopadhay 2018): channels weighted by positive gradients, as in the paper.</summary>
    GradCamPp,

    /// <summary>Integrated Gradients (Sundararajan 2017): what each number of the input adds to the score.</summary>
    IntegratedGradients,

    /// <summary>How much the score falls when a square of the input is covered.</summary>
    Occlusion,
}

/// <summary>How the numbers of an explanation were computed.</summary>
public enum ExplanationRoute
{
    /// <summary>The front by its plan; the gradients are known, as a pool and a linear layer follow.</summary>
    ClosedForm,

    /// <summary>The front by its plan, if there is one; the rest layer by layer with gradients.</summary>
    Gradients,

    /// <summary>Forward passes only.</summary>
    Forward,
}
