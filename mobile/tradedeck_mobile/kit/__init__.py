"""What every screen of the phone uses: components, colours, figures."""
